"""Execute parsed templates.

A tree of nodes is compiled once to nested Python functions; each keeps, as Go's own evaluator does, the node that it
is at, so that an error names the same place.
"""
