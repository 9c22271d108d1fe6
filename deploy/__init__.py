"""Several servers behind one address: the standard library, HAProxy and Streamlit's command."""
