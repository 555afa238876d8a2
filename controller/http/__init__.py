"""HTTP: probes, the certificate, and what `kubeseal` and `sealer` ask: does it open, and seal it to the newest key.

Paths, status codes and bodies are those of the existing system (reference, sealed-secrets 2.5), apart from what is a
defect there; docs/reference/http.md has both. From the wire inwards::

    server        uvicorn on a socket of ours, with TLS (tls) and connections that end (connections)
    app           the routes; every answer passes `observed`
    gate          may this caller ask now: callers, authentication, limits
    desk          how much is done at a time, and by whom: body (bytes to SealedSecret), verify, rotate
"""
