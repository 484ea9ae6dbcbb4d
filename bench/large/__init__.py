"""A large installation by definition: 10,751 municipalities × 6,000 services, all of their cells or a part, the same on every machine.

The catalogue (`catalogue.py`) is the reference's authorities with a federation above them, 6,000 services over levels, themes and bundles,
200 solutions and some hundred responsibilities assigned. It is always said as real events and followed by the real follower.

The statuses (`cells.py`) are said by SQL alone: every cell has its fate from a hash. Each authority reports on 12 of 72 days, the 1st and the 15th
of 36 months, and what it reports is recorded and effective on that day. Of a thousand cells some 16 have a second recording: a change, a
correction, a back-dated one, a retraction. One service of 40 is popular: most have it online. A part of the cells is those whose hash is below
a bound, so the small installation is contained in the large one; one service of 200 is so common that nearly every town records it in both.

Two ways lead from there to the read models: as events through a log and the product's own rebuild (`saying.py`), or set-based, for any size
(`filling.py`). `python -m bench.large prove` shows at one per cent of the cells that both are the same, table by table.
"""
