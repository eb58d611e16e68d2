"""A DC charge on the virtual clock, as a table: python charging_curve.py > curve.csv."""

from pilotwire import Bench

bench = Bench(soc=70.0, target=74.0).charge()
print("seconds,soc,volts,amps")
while not bench.results:
    now = bench.values
    print(f"{now.seconds:.0f},{now.soc:.2f},{now.volts:.1f},{now.amps:.1f}")
    bench.run(20.0)
print(f"# {bench.finish()}")
