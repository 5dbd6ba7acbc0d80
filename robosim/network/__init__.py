"""Who hears whom: graphs, their spectrum, and the network that delivers messages."""
