using System.Text.Encodings.Web;
using System.Text.Json;

namespace VkSparseGrad.ModelLoaders;

/// <summary>How JSON files are written that people read too.</summary>
internal static class ReadableJson
{
    public static readonly JsonWriterOptions Options =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
