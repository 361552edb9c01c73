const form = document.querySelector("form");
const message = document.getElementById("message");
const secret = location.hash.slice(1);

function end(text) {
  form.hidden = true;
  message.textContent = text;
}

if (!secret) end("This address has no secret: open the whole link that you were given.");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [password, again] = [form.password.value, form.again.value];
  if (password !== again) {
    message.textContent = "The two passwords differ.";
    return;
  }
  message.textContent = "";
  try {
    const response = await fetch("api/v1/auth/password-link", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret, password }),
    });
    if (response.ok) {
      history.replaceState(null, "", location.pathname);
      end("The password is set. You can log in now.");
      return;
    }
    const problem = await response.json();
    message.textContent = problem.detail;
  } catch {
    message.textContent = "The service did not answer. Try again.";
  }
});
