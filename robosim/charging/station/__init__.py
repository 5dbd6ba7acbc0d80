"""The physical station: sessions, posts, batteries, feeder, tariff, and a day executed step by step."""
