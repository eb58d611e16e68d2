"""A PKI of one's own, and what a vehicle says to each way a station's chain can be wrong."""

from pilotwire import pki

made = pki.make()
print("as it should be: trusted", made.judge(made["secc"].chain, "secc").trusted)
for name, bad in sorted(made.bad("secc").items()):
    verdict = made.judge(bad.chain, "secc", [bad.staple])
    print(f"{name}: {verdict.reason.value if verdict.reason else 'accepted'}")
