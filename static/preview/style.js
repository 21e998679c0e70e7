// How the panel looks, as a sheet that is made in the page: no policy for styles has a say in it.

const TEXT = `
:host {
  all: initial !important; position: fixed !important; inset: auto 0 0 0 !important; z-index: 2147483647 !important;
  display: block !important; width: 0 !important; height: 0 !important; color-scheme: light dark;
  direction: ltr !important; unicode-bidi: isolate !important;
  --paper: #ffffff; --shade: #f4f5f7; --line: #dfe2e8; --ink: #1c2430; --dim: #626d7d; --accent: #3b5bdb;
  --yes: #0b7a4b; --yes-paper: #dff5ea; --no: #a3243b; --no-paper: #fde4e8; --unsure: #7a5a00; --unsure-paper: #fdf1cf;
  --attach: #b3261e; --attach-paper: #fde3e1; --hash: #8a5a00; --hash-paper: #fdeec9; --drop: #0b7a4b; --drop-paper: #dff5ea;
}
@media (prefers-color-scheme: dark) {
  :host {
    --paper: #171b22; --shade: #1f252e; --line: #333c49; --ink: #e8ecf2; --dim: #9aa6b6; --accent: #8ea6ff;
    --yes: #7fe0b0; --yes-paper: #123626; --no: #ff9fb0; --no-paper: #43161f; --unsure: #f2cf6b; --unsure-paper: #3a2f10;
    --attach: #ffa8a0; --attach-paper: #47170f; --hash: #f2cf6b; --hash-paper: #3a2f10; --drop: #7fe0b0; --drop-paper: #123626;
  }
}
:host::backdrop { display: none !important; }
@media print { :host { display: none !important; } }
.heard { position: fixed; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }
* { box-sizing: border-box; }
.panel, .pill { font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--paper); }
.panel {
  position: fixed; left: 0; right: 0; height: min(46vh, 440px); display: flex; flex-direction: column;
  box-shadow: 0 0 0 1px var(--line), 0 0 28px rgb(0 0 0 / .22);
}
.panel.bottom { bottom: 0; border-radius: 12px 12px 0 0; }
.panel.top { top: 0; border-radius: 0 0 12px 12px; }
.panel.tall { height: 88vh; }
.pill { position: fixed; right: 12px; bottom: 12px; padding: 7px 14px; border: 1px solid var(--line); border-radius: 99px; box-shadow: 0 2px 12px rgb(0 0 0 / .2); cursor: pointer; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--accent); margin-right: 6px; flex: none; }
header { display: flex; align-items: center; gap: 8px; padding: 8px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
header .dot { margin: 0; }
.site { overflow: hidden; text-overflow: ellipsis; color: var(--dim); }
.gap { flex: 1; }
button { font: inherit; color: inherit; cursor: pointer; }
header button { padding: 2px 9px; min-width: 28px; border: 1px solid var(--line); border-radius: 7px; background: var(--shade); }
header button:hover { border-color: var(--dim); }
header .end { color: var(--no); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.notice { margin: 0; padding: 4px 12px; background: var(--shade); border-bottom: 1px solid var(--line); color: var(--dim); font-size: 12px; }
.notice.bad { color: var(--no); background: var(--no-paper); }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(190px, 250px) 1fr; }
nav { overflow: auto; border-right: 1px solid var(--line); padding: 6px; overscroll-behavior: contain; }
nav p { margin: 8px; }
.event { display: grid; grid-template-columns: 1fr auto; gap: 1px 8px; width: 100%; padding: 6px 8px; border: 0; border-radius: 8px; background: none; text-align: left; }
.event:hover { background: var(--shade); }
.event[aria-current=true] { background: var(--shade); box-shadow: inset 3px 0 var(--accent); }
.event.before { opacity: .6; }
.what { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.when { color: var(--dim); font-size: 11px; font-variant-numeric: tabular-nums; align-self: center; }
.marks { grid-column: 1 / -1; display: flex; gap: 4px; min-height: 14px; align-items: center; }
article { overflow: auto; padding: 10px 16px 24px; overscroll-behavior: contain; outline-offset: -2px; }
h2 { margin: 0 0 8px; font-size: 16px; overflow-wrap: anywhere; }
h2 .dim { font-weight: 400; font-size: 12px; }
h3 { margin: 16px 0 6px; font-size: 11px; letter-spacing: .06em; text-transform: uppercase; color: var(--dim); }
.dim { color: var(--dim); font-weight: 400; }
.state { margin: 0 0 8px; padding: 6px 10px; border-radius: 8px; background: var(--unsure-paper); color: var(--unsure); }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; align-items: baseline; }
.pair { display: inline-block; margin-right: 12px; white-space: nowrap; }
.label { color: var(--dim); }
.name { font-weight: 600; }
.chip { display: inline-block; padding: 0 7px; border-radius: 99px; font-size: 11px; line-height: 17px; white-space: nowrap; background: var(--shade); color: var(--dim); }
.chip.yes, .chip.drop { background: var(--yes-paper); color: var(--yes); }
.chip.no { background: var(--no-paper); color: var(--no); }
.chip.unsure { background: var(--unsure-paper); color: var(--unsure); }
.chip.attach { background: var(--attach-paper); color: var(--attach); }
.chip.hash { background: var(--hash-paper); color: var(--hash); }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 8px 12px; margin-bottom: 8px; }
.card.off { background: var(--shade); }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 6px; }
.why { color: var(--dim); margin-top: 2px; }
.asked { margin-top: 4px; line-height: 1.7; }
.line, .block { display: block; font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.line { color: var(--dim); margin-top: 2px; }
.block { background: var(--shade); border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; margin: 6px 0; }
details { border-radius: 8px; }
section > details { border-bottom: 1px solid var(--line); border-radius: 0; padding: 3px 0; }
.card details { margin-top: 6px; }
summary { cursor: pointer; border-radius: 6px; padding: 1px 2px; }
table { border-collapse: collapse; width: 100%; margin: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tbody th { width: 32%; font-weight: 600; }
tbody th .dim { font-size: 11px; }
thead th { font-weight: 400; color: var(--dim); font-size: 11px; }
@media (max-width: 640px) {
  .panel { height: 60vh; }
  .wide, .site, header .chip { display: none; }
  header b { flex: 1; overflow: hidden; text-overflow: ellipsis; }
  header .gap { display: none; }
  main { grid-template-columns: 1fr; grid-template-rows: minmax(60px, 32%) 1fr; }
  nav { border-right: 0; border-bottom: 1px solid var(--line); }
  .event { grid-template-columns: 1fr auto auto; align-items: center; }
  .marks { grid-column: auto; grid-row: 1; grid-column-start: 2; max-width: 50vw; overflow: hidden; }
  .when { grid-column-start: 3; grid-row: 1; }
}
`;

export const sheet = () => {
  const made = new CSSStyleSheet();
  made.replaceSync(TEXT);
  return made;
};
