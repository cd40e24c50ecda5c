from tests.pages.conftest import browse as browse
