"""What is measured in a clip once and shared by the modalities: faces, people, speech, words."""
