// The least that an app can be: a window with one line, beside which ours is weighed; it does not cover ours.
const { app, BrowserWindow, protocol } = require('electron');
protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
app.whenReady().then(() => {
  protocol.handle('app', () => new Response('<p>empty</p>', { headers: { 'Content-Type': 'text/html' } }));
  new BrowserWindow({ x: 700, y: 100, width: 440, height: 680, webPreferences: { sandbox: true } }).loadURL(
    'app://empty/',
  );
});
