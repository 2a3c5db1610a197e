// Shows the contract, and keeps the API key for as long as the tab is open: a reload does not ask again.
(() => {
  const REMEMBERED = "faceprint-api-key";
  const SCHEME = "api_key";
  const field = document.getElementById("key");
  const notice = document.getElementById("key-notice");

  const say = (text, isWrong) => {
    notice.textContent = text;
    notice.className = isWrong ? "wrong" : "";
  };

  const use = (key) => {
    if (key) {
      sessionStorage.setItem(REMEMBERED, key);
      ui.preauthorizeApiKey(SCHEME, key);
      say("This key is sent with every request, and forgotten with this tab.", false);
    } else {
      sessionStorage.removeItem(REMEMBERED);
      ui.authActions.logout([SCHEME]);
      say("No API key yet: paste the one that `make run` printed. Without it nearly every request is answered 403.", true);
    }
  };

  const judge = (answer) => {
    if (answer.status === 403) {
      say(
        sessionStorage.getItem(REMEMBERED)
          ? "This key was refused: it is not the one of this deployment. Paste the one that `make run` printed."
          : "The request was refused for want of an API key: paste the one that `make run` printed.",
        true
      );
    }
    return answer;
  };

  const ui = SwaggerUIBundle({
    url: document.getElementById("contract").dataset.url,
    dom_id: "#contract",
    tryItOutEnabled: true,
    validatorUrl: null,
    responseInterceptor: judge,
    onComplete: () => {
      field.value = sessionStorage.getItem(REMEMBERED) || "";
      use(field.value);
    },
  });
  field.addEventListener("input", () => use(field.value.trim()));
})();
