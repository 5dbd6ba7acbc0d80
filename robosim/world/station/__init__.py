"""The charging station as plain data: sessions, EVSEs, feeder, tariff; nothing here knows missions or leaders."""
