// What stands behind the "#" of the address: a result that somebody shared, or nothing. It goes from the address then, so
// that what is analyzed next is not taken for it.
() => {
  const [, link] = location.hash.split("#result=");
  if (link) history.replaceState(null, "", location.pathname + location.search);
  // Another link pasted into the address of the open page changes what stands behind the "#" alone.
  addEventListener("hashchange", () => location.hash.startsWith("#result=") && location.reload());
  return link ?? "";
};
