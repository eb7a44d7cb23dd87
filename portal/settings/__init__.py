"""Settings: ``base`` by topic, then ``dev``, ``test`` and ``production``."""
