"""Where triples live: one small protocol, an embedded store and any SPARQL 1.1 server."""
