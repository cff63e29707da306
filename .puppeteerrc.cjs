// scripts/setup.mjs finds or fetches a browser; installing packages never does.
module.exports = { skipDownload: true };
