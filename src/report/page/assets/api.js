// What the page asks of its server.
(function (bankrun) {
  "use strict";

  const token = () => document.querySelector('meta[name="bankrun-token"]').content;

  /// Resolves to the answer, or rejects with the server's words.
  async function post(path, body) {
    let response;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Bankrun-Token": token() },
        body: JSON.stringify(body || {}),
      });
    } catch (lost) {
      throw new Error("the server does not answer; is bankrun still running?");
    }
    const text = await response.text();
    let answer = {};
    try {
      answer = JSON.parse(text);
    } catch (other) {
      // Not ours; told as it is.
    }
    if (!response.ok) throw new Error(answer.error || text || `the server answered ${response.status}`);
    return answer;
  }

  bankrun.api = { post, token };
})(window.bankrun);
