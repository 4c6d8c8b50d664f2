// The dialog that asks once more who one is, before what is dangerous; resolves to whether it was proven.
import { api } from "./api.js";
import { field, form, h } from "./dom.js";
import { passkeys } from "./proof.js";
import { leaveFor, providers } from "./social.js";

let asking = null;

export function prove(held, needsFactor) {
  return (asking ||= ask(held, needsFactor).finally(() => (asking = null)));
}

function ask(held, needsFactor) {
  return new Promise((resolve) => {
    const others = h("div.stack");
    const send = async (proof) => { await api.post("auth/reauthentications", proof); dialog.close("proven"); };
    const dialog = h("dialog.card", { "aria-labelledby": "prove-title", onclose: () => { dialog.remove(); resolve(dialog.returnValue === "proven"); } },
      h("h2", { id: "prove-title" }, "Is it still you?"),
      h("p.soft", {}, needsFactor ? "This needs your second factor." : "This asks for a proof of the last ten minutes."),
      form({}, ({ password, code }) => {
        const proof = { ...(password && { password }), ...(code && { code: code.trim() }) };
        if (!Object.keys(proof).length) throw { title: "Fill in a field." };
        return send(proof);
      }, !needsFactor && field("Password", "password", { type: "password", autocomplete: "current-password" }),
        held.totp && field("Code of your authenticator app", "code", { autocomplete: "one-time-code" }),
        h("div.row", {}, (!needsFactor || held.totp) && h("button.main", {}, "Go on"), h("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"))),
      others);
    if (held.passkeys && passkeys.possible) {
      others.append(form({}, async () => {
        const { options } = await api.post("auth/reauthentication-challenges");
        await send({ passkey: await passkeys.use(options) });
      }, h("button.full", {}, "Use a passkey")));
    }
    if (!needsFactor) offer(others);
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function offer(place) {
  const [known, mine] = await Promise.all([providers(), api.all("accounts/me/identities")]);
  const linked = known.filter(({ name }) => mine.some(({ provider }) => provider === name));
  place.append(...linked.map(({ name, title }) => h("button.full", { type: "button", onclick: () => leaveFor(name, "prove") }, `Prove it through ${title}`)));
}
