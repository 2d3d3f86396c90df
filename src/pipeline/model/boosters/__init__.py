"""XGBoost, LightGBM and CatBoost behind scikit-learn's interface: saved without pickle, the same bytes each time."""
