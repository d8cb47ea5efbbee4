/* A page that was opened from disk cannot load its modules; this script, which is none, says what to do about it. */
if (location.protocol === "file:") {
  addEventListener("DOMContentLoaded", function () {
    var note = document.getElementById("from-disk");
    if (note && !document.querySelector("script[type=importmap]")) note.hidden = false;
  });
}
