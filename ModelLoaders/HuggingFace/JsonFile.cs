using System.Text.Json;
using System.Text.Unicode;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Reads the small JSON files of a model folder.</summary>
internal static class JsonFile
{
    private const long MaximumLength = 16 << 20;

    /// <summary>Parses a file whose root is an object. A byte order mark, which Windows editors add, is passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="uniqueKeys">Whether to refuse an object that has a key twice, of which readers choose different values.</param>
    /// <exception cref="ModelFolderException">The file is too large, not JSON in UTF-8, or its root is no object.</exception>
    public static JsonDocument ReadObject(string path, bool uniqueKeys = false)
    {
        long length = new FileInfo(path).Length;
        if (length > MaximumLength)
            throw new ModelFolderException(path, $"the file has {length} bytes, a configuration has at most {MaximumLength}");
        ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
        if (!Utf8.IsValid(bytes.Span))
            throw new ModelFolderException(path, "this is not valid UTF-8; download it again");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(
                bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, new JsonDocumentOptions { AllowDuplicateProperties = !uniqueKeys });
        }
        catch (JsonException e)
        {
            // A key that is there twice is told without a line.
            string problem = e.LineNumber is { } line ? $"this is not valid JSON (line {line + 1})" : "a key is there twice";
            throw new ModelFolderException(path, problem + "; download it again", e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new ModelFolderException(path, "the JSON must be an object");
    }
}
