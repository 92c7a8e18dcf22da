// Moves the video to the start of the segment that was chosen; -1 is the whole clip. The server sends no video for this:
// Gradio would write its subtitles to the disk once more, and lose sight of them.
(row) => {
  const line = document.querySelector("#timeline .timeline");
  const video = document.querySelector("#clip video");
  if (line && video && row !== null) video.currentTime = row < 0 ? 0 : Number(line.dataset.starts.split(",")[row]);
};
