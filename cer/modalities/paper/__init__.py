"""The paper's backbones, from the Hugging Face Hub. Nothing here is imported, torch least of all, before a profile asks
for it.
"""
