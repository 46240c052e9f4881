"""Imported by the process that commands are copied from: it has read what is shipped, so that no copy does so again.

What was read is known by the text of the files, so a command that is given other files reads those. No store is opened:
its threads would not be in the copies.
"""

from sckg import pipeline
from sckg.assets import Knowledge, shipped
from sckg.audit.rules import audit_rules
from sckg.model import model
from sckg.queries import catalogue

SHIPPED = Knowledge((shipped(),))

model(SHIPPED)
audit_rules(SHIPPED)
pipeline.checking_rules(SHIPPED)
pipeline.grading_rules(SHIPPED)
for folder in ("queries", "rules/roll-up", "rules/find", "rules/plan", "rules/publish"):
    catalogue(SHIPPED, folder)
