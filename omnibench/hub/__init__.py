"""What is fetched from the hub: by pinned revision, verified, and never half taken for whole.

Only `omnibench pull` comes here to fetch. Everything else asks what has been pulled already.
"""
