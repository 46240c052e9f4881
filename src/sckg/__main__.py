"""``python -m sckg`` is ``sckg``."""

from sckg.cli import main

main()
