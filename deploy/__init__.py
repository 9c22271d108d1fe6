"""Several servers behind one address. Only the standard library, HAProxy and Streamlit's command."""
