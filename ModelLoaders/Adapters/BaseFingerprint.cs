using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Tells one base model from another by all of its weights.</summary>
/// <remarks>
/// SHA-256 over the parameters that the base has, in canonical order. Of each: the UTF-8 name, a zero byte, the number of
/// dimensions and the dimensions as little-endian 64-bit integers, the values as little-endian 32-bit floats, whatever type the
/// file has. The classifier is left out: it is always in the adapter, and whether a base's own is read depends on how the
/// base is opened.
/// </remarks>
internal static class BaseFingerprint
{
    /// <summary>Where an adapter's tensors file keeps it. PEFT takes no notice of such entries.</summary>
    public const string MetadataKey = "base_sha256";

    private const int MostFloatsAtOnce = 1 << 28;

    /// <summary>In lower-case hexadecimal digits. Reads the whole base, a weight at a time.</summary>
    public static string Of(IWeightSource weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ModelParameter parameter in BaseParameters.Of(weights).Where(parameter => !parameter.IsHead && weights.Contains(parameter.Name)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(parameter.Name + "\0"));
            Append(hash, parameter.Shape.Count);
            foreach (long dimension in parameter.Shape)
                Append(hash, dimension);
            using var values = new HostBuffer<float>(parameter.ElementCount);
            weights.Read(parameter.Name, values.Span);
            Append(hash, values.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Refuses an adapter on a base that it was not trained from.</summary>
    /// <returns>Whether the adapter says what base it belongs to.</returns>
    /// <remarks>
    /// An adapter that does not say is let pass, and whoever opens it is told: PEFT's own adapters do not say, nor do those of
    /// earlier versions, and names and shapes still have to fit.
    /// </remarks>
    /// <exception cref="ModelFolderException">The adapter belongs to another base.</exception>
    public static bool Check(SafetensorsFile file, AdapterDescription adapter, IWeightSource baseWeights)
    {
        if (!file.Metadata.TryGetValue(MetadataKey, out string? wanted))
            return false;
        string found = Of(baseWeights);
        if (string.Equals(found, wanted, StringComparison.OrdinalIgnoreCase))
            return true;
        string given = baseWeights is ModelCheckpoint checkpoint ? Printable.Quote(checkpoint.Folder) : "the base given";
        throw new ModelFolderException(
            file.Path,
            $"the adapter was trained from {Printable.Quote(adapter.BaseModel)} (SHA-256 {Printable.Quote(wanted)}), and {given} is another model " +
            $"(SHA-256 '{found}'); open the adapter with the model it was trained from");
    }

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, Span<float> values)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> words = MemoryMarshal.Cast<float, int>(values);
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        // An int counts a span's bytes.
        for (Span<float> rest = values; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, MostFloatsAtOnce)..])
            hash.AppendData(MemoryMarshal.AsBytes(rest[..Math.Min(rest.Length, MostFloatsAtOnce)]));
    }
}
