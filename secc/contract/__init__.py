"""The station's keys and certificates, and contracts judged, relayed and delivered."""
