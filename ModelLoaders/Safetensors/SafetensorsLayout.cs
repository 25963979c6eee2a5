namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>Checks that the tensors of a file cover its data exactly once.</summary>
internal static class SafetensorsLayout
{
    /// <exception cref="SafetensorsException">The file is truncated, or has overlapping, missing or surplus bytes.</exception>
    public static void Check(string path, IEnumerable<SafetensorsTensor> tensors, long dataStart, long fileLength)
    {
        SafetensorsTensor[] sorted = [.. tensors.OrderBy(t => t.Position).ThenBy(t => t.ByteLength)];
        long covered = dataStart;
        string previous = "the header";
        foreach (SafetensorsTensor tensor in sorted)
        {
            string name = Printable.Quote(tensor.Name);
            if (tensor.Position < covered)
                throw new SafetensorsException(path, $"tensors {previous} and {name} overlap by {Math.Min(covered - tensor.Position, tensor.ByteLength)} bytes; the file is damaged or forged");
            if (tensor.Position > covered)
                throw new SafetensorsException(path, $"{tensor.Position - covered} bytes between {previous} and {name} belong to no tensor; the file is damaged or forged");
            covered = tensor.Position + tensor.ByteLength;
            previous = name;
        }

        if (covered > fileLength)
        {
            SafetensorsTensor first = sorted.First(t => t.Position + t.ByteLength > fileLength);
            throw new SafetensorsException(path, $"the file is truncated: the header promises {covered} bytes, the file has {fileLength} " +
                $"(tensor {Printable.Quote(first.Name)} of {first.ByteLength} bytes is the first that is not whole); download or copy it again");
        }

        if (covered < fileLength)
            throw new SafetensorsException(path, $"{fileLength - covered} bytes at the end belong to no tensor: the header promises {covered} bytes, the file has {fileLength}; the file is damaged or forged");
    }
}
