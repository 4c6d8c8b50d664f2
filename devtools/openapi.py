"""The OpenAPI document is valid. Run in the virtual environment."""

from openapi_spec_validator import validate

from app import create_app

document = create_app().test_client().get("/openapi.json").get_json()
validate(document)
print(f"OpenAPI {document['openapi']}: {len(document['paths'])} paths, valid")
