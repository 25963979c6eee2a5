namespace VkSparseGrad.Devices;

/// <summary>Files that are kept between runs.</summary>
internal static class CacheFile
{
    /// <summary>Writes a file aside and renames it, so that it is there whole or not at all.</summary>
    /// <param name="file">Its folder is made.</param>
    /// <param name="bytes">The content.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string file, byte[] bytes)
    {
        // Processes of several containers may share a folder, and have the same number.
        string aside = $"{file}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            File.WriteAllBytes(aside, bytes);
            File.Move(aside, file, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }
}
