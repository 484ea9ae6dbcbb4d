"""The generator of load: a process of its own, `python -m bench.load`, that takes a `Job` a line and answers with a `Report` a line.

    async with bench.program("-m", "bench.load") as load:
        report = await load.ask({"port": 8001, "connections": 64, "seconds": 2, "scenario": "listed",
                                 "given": {"requests": [{"path": "/overview"}], "headers": {"Authorization": "Bearer …"}}})

Requests are made ready before, answers are only looked at as far as status and length: a request costs it some 15 µs, a fraction of what it
costs any server. It calls this machine only, within bounds of time and number.
"""
