// Calls to the server (calls.py), through Gradio's component server.

let ready;
const server = new Promise((resolve) => {
  ready = resolve;
});
if (window.gbaServer) ready(window.gbaServer);
document.addEventListener("gba:server", () => ready(window.gbaServer));

// The answer of the call, or null when the server can't be reached.
export async function call(name, args = {}) {
  try {
    return await (await server)[`gba_${name}`]({ ...view(), ...args });
  } catch (error) {
    console.warn(`gba_${name}:`, error);
    return null;
  }
}

export const view = () => ({
  ui: document.documentElement.dataset.ui,
  script: document.documentElement.dataset.script || "",
});
