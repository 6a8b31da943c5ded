/** In the page: notes what the browser made of it, then sends the form; the next page shows the notes. */
addEventListener("load", async () => {
  const response = await fetch("/api/echo?q=a%20b", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "hällo" }),
  });
  const picture = document.getElementById("picture");
  const notes = {
    color: getComputedStyle(document.body).color,
    picture: `${picture.naturalWidth}x${picture.naturalHeight}`,
    cookies: document.cookie,
    status: response.status,
    echo: await response.json(),
  };
  sessionStorage.setItem("notes", JSON.stringify(notes));
  if (!location.search.includes("stay")) document.getElementById("form").submit();
});
