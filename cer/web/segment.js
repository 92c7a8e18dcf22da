// Moves the clip to the start of the segment that was chosen; -1 is the whole clip. The server sends no video for this:
// Gradio would write its subtitles to the disk once more, and lose sight of them.
(row) => {
  const lanes = document.querySelector("#lanes .lanes");
  const video = document.querySelector("#clip video");
  if (lanes && video && row !== null) video.currentTime = row < 0 ? 0 : JSON.parse(lanes.dataset.player).starts[row];
};
