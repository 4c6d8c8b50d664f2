from app.errors import Forbidden


class CaptchaRequired(Forbidden):
    title = "Show first that you are no robot."


class CaptchaFailed(Forbidden):
    title = "That did not show that you are no robot."
