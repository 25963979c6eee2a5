using System.Text.Json;
using VkSparseGrad.Devices;
using VkSparseGrad.Files;

namespace VkSparseGrad.Kernels.Vulkan.Tuning;

/// <summary>A device's measured tiles as JSON: <c>device</c> for people, <c>tried</c> for the tiles that there were to choose from, and
/// <c>products</c> for what was measured: a tile, or null where the rule's is as fast.</summary>
internal static class TuningFile
{
    private const long MostBytes = 1 << 20;

    /// <summary>The file of a device and driver, or null where it was opened without a folder.</summary>
    public static string? Of(VulkanDevice device) =>
        device.Options.TuningFolder is string folder ? Path.Combine(folder, device.Facts.CacheName + ".json") : null;

    /// <summary>Writes it whole or not at all.</summary>
    public static void Write(string file, VulkanDevice device, IReadOnlyDictionary<MeasuredProduct, MatmulTile?> tiles)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        AtomicFile.Write(file, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteString("device", $"{device.Info.Name}, {device.Info.Driver}");
            json.WriteStartArray("tried");
            foreach (MatmulTile tile in Choices(device))
            {
                json.WriteStringValue(tile.ToString());
            }

            json.WriteEndArray();
            json.WriteStartObject("products");
            foreach ((MeasuredProduct product, MatmulTile? tile) in tiles)
            {
                json.WriteString(product.ToString(), tile?.ToString());
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>Reads a device's file; empty where there is none, or where it was measured when there were other tiles to choose from.</summary>
    /// <exception cref="DeviceException">It is no such file.</exception>
    public static Dictionary<MeasuredProduct, MatmulTile?> Read(VulkanDevice device)
    {
        var tiles = new Dictionary<MeasuredProduct, MatmulTile?>();
        if (Of(device) is not string file)
        {
            return tiles;
        }

        try
        {
            long length = new FileInfo(file).Length;
            if (length > MostBytes)
            {
                throw Unreadable(file, $"it has {length} bytes, {MostBytes} are the most");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement tried = document.RootElement.GetProperty("tried"), products = document.RootElement.GetProperty("products");
            var choices = Choices(device).ToDictionary(tile => tile.ToString(), StringComparer.Ordinal);
            if (!tried.EnumerateArray().Select(name => name.GetString()).SequenceEqual(Choices(device).Select(tile => tile.ToString())))
            {
                return tiles;
            }

            foreach (JsonProperty entry in products.EnumerateObject())
            {
                if (MeasuredProduct.Parse(entry.Name) is MeasuredProduct product)
                {
                    tiles[product] = entry.Value.GetString() is string tile ? choices[tile] : null;
                }
            }

            return tiles;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return tiles;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Unreadable(file, "this is not what was written there");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, error.Message);
        }
    }

    private static IEnumerable<MatmulTile> Choices(VulkanDevice device) => MatmulTile.All.Where(tile => tile.Fits(device.Facts));

    private static DeviceException Unreadable(string file, string reason) =>
        new($"The measured tiles in {file} cannot be read: {reason}. Delete the file; products are then measured again.");
}
