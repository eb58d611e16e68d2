"""What broke a rule in a capture or log: python what_went_wrong.py FILE [TLS_SECRETS]."""

import sys

from pilotwire import Capture

if len(sys.argv) < 2:
    sys.exit(__doc__)
capture = Capture(sys.argv[1], *sys.argv[2:3])
names = [heard.name for heard in capture.messages()]
print(f"{len(names)} messages, from {names[0]} to {names[-1]}" if names else "no messages")
for event, finding in capture.findings():
    print(f"{event.name}: {finding.rule}: {finding.text}")
