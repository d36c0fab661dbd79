"""The prediction tree: build it, walk it, trace pictures through it, explain and fine-tune."""
