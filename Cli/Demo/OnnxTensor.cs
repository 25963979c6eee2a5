namespace VkSparseGrad.Cli.Demo;

/// <summary>Where an initializer of an ONNX graph keeps its 32-bit floats.</summary>
/// <param name="Name">The name in the graph.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
/// <param name="Position">The first byte, counted from the start of the file that holds the model.</param>
internal sealed record OnnxTensor(string Name, long[] Shape, long Position)
{
    public int ElementCount => checked((int)Shape.Aggregate(1L, (product, dimension) => product * dimension));
}
