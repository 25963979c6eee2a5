namespace VkSparseGrad.Cli.Demo;

/// <summary>What the demo needs to know of a node of an ONNX graph.</summary>
internal sealed record OnnxNode(string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs);
