namespace VkSparseGrad.Cli.Demo;

/// <summary>A weight of the demo model under its Hugging Face name.</summary>
/// <param name="Name">The name without prefix, such as <c>encoder.layer.0.output.dense.weight</c>.</param>
/// <param name="Source">Where the export keeps it.</param>
/// <param name="Transposed">Whether the export has it as (in, out) in place of (out, in).</param>
internal sealed record DemoWeight(string Name, OnnxTensor Source, bool Transposed)
{
    private const string WeightSuffix = ".weight";
    private const string BiasSuffix = ".bias";

    /// <summary>The dimensions as Hugging Face has them.</summary>
    public long[] Shape => Transposed ? [Source.Shape[1], Source.Shape[0]] : Source.Shape;

    /// <summary>Gives the weights of an export their names back, in order of names.</summary>
    /// <remarks>
    /// The exporter transposed and renamed what a MatMul multiplies with, but the bias that is then added kept its name:
    /// <c>Add(encoder...query.bias, MatMul(x, w))</c> makes w the query's weight.
    /// </remarks>
    public static IReadOnlyList<DemoWeight> Of(OnnxGraph graph)
    {
        var floats = graph.Floats.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var products = graph.Nodes
            .Where(n => n.Operator == "MatMul" && floats.ContainsKey(n.Inputs[1]))
            .ToDictionary(n => n.Outputs[0], n => floats[n.Inputs[1]], StringComparer.Ordinal);
        var weights = graph.Floats.Where(t => IsNamed(t.Name)).Select(t => new DemoWeight(t.Name, t, Transposed: false)).ToList();
        foreach (OnnxNode sum in graph.Nodes.Where(n => n.Operator == "Add"))
        {
            string? bias = sum.Inputs.FirstOrDefault(i => i.EndsWith(BiasSuffix, StringComparison.Ordinal) && floats.ContainsKey(i));
            string? product = sum.Inputs.FirstOrDefault(products.ContainsKey);
            if (bias is not null && product is not null)
                weights.Add(new DemoWeight(bias[..^BiasSuffix.Length] + WeightSuffix, products[product], Transposed: true));
        }

        return [.. weights.OrderBy(w => w.Name, StringComparer.Ordinal)];
    }

    /// <summary>Reads the values, row-major in <see cref="Shape"/>.</summary>
    public void Read(Stream file, Span<float> destination)
    {
        byte[] bytes = new byte[destination.Length * sizeof(float)];
        file.Position = Source.Position;
        file.ReadExactly(bytes);
        int columns = (int)Shape[^1];
        int rows = destination.Length / columns;
        for (int i = 0; i < destination.Length; i++)
        {
            int from = Transposed ? (i % columns * rows) + (i / columns) : i;
            destination[i] = System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(from * sizeof(float)));
        }
    }

    private static bool IsNamed(string name) =>
        name.EndsWith(WeightSuffix, StringComparison.Ordinal) || name.EndsWith(BiasSuffix, StringComparison.Ordinal);
}
