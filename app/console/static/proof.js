// Showing that one is no robot, and asking the browser for passkeys.
import { api } from "./api.js";
import { solve } from "./captcha.js";

// Posts; where a captcha is asked for, solves it and posts again. `say` tells the person what takes so long.
export async function post(path, body, say = () => {}) {
  try {
    return await api.post(path, body);
  } catch (problem) {
    if (problem.code !== "captcha_required") throw problem;
    if (problem.captcha?.kind !== "altcha") throw { title: "This service asks for a captcha that this page cannot show. Use another client." };
    say("Checking that you are no robot…");
    try {
      return await api.post(path, { ...body, captcha: await solve(await api.get("auth/captcha/challenge")) });
    } finally {
      say("");
    }
  }
}

export const passkeys = {
  possible: Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials),
  make: (options) => asked(() => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })),
  use: (options) => asked(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })),
};

async function asked(ask) {
  try {
    return (await ask()).toJSON();
  } catch (error) {
    if (error.name === "InvalidStateError") throw { title: "This device holds a passkey for this account already." };
    if (error.name === "SecurityError") throw { title: "Passkeys do not work at this address of the service." };
    throw { title: "No passkey was given." };
  }
}
