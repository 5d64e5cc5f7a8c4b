"""What the pages share; everything here may use Streamlit."""
