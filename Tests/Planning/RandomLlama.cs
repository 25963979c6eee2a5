using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Planning;

/// <summary>Small random weights of a LLaMA, stored in any format.</summary>
internal sealed class RandomLlama(LlamaConfig config, WeightFormat format, int? labels = null) : IWeightSource
{
    private readonly Dictionary<string, IReadOnlyList<long>> shapes =
        LlamaParameters.Of(config, labels).ToDictionary(parameter => parameter.Name, parameter => parameter.Shape);

    public bool Contains(string name) => shapes.ContainsKey(name);

    public IReadOnlyList<long> ShapeOf(string name) => shapes[name];

    public void Read(string name, Span<float> destination) => WeightInitializer.FillNormal(name, 1, destination);

    public WeightFormat FormatOf(string name) => format;

    public void ReadHalves(string name, Span<ushort> destination)
    {
        var values = new float[destination.Length];
        Read(name, values);
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = format == WeightFormat.BFloat16
                ? (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16)
                : BitConverter.HalfToUInt16Bits((Half)values[i]);
        }
    }
}
