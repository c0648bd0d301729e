"""Weights in the formats of other tools, out and in: PyTorch's names in a .safetensors or .pt file, ONNX graphs."""
