// Applies the theme that this page had last, before anything is drawn: otherwise the window flashes in another one. A
// script of its own, because the page's own is loaded while the first words are drawn already.
{
  const last = localStorage.getItem('theme');
  if (last === 'light' || last === 'dark') document.documentElement.dataset.theme = last;
}
