/* A page that was opened from disk cannot load its modules; this script, which is none, says what to do about it. */
if (location.protocol === "file:") {
  document.getElementById("from-disk").hidden = false;
  document.documentElement.classList.add("whole"); // page.js would lay out what is further down
}
