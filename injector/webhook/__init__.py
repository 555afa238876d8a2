"""The mutating admission webhook: annotations → request → containers and volumes → JSON Patch.

Everything from ``annotations`` to ``mutate`` is pure: values in, values out, no clock, no cluster, no file. ``app``
puts it behind HTTP, ``server`` behind TLS, ``main`` behind a command.
"""
