using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>
/// The files in which the processes of a group keep the images that they decode: each writes to its own and reads all. They lose their
/// names while they are still empty, so that a process that is killed later leaves none.
/// </summary>
internal sealed class SharedFiles : IDisposable
{
    private readonly IReadingGroup _group;
    private readonly SpillFile?[] _files;

    /// <param name="group">Its processes all come here.</param>
    /// <param name="folder">Where this process's file is.</param>
    /// <exception cref="IOException">A file cannot be made or opened.</exception>
    public SharedFiles(IReadingGroup group, string folder)
    {
        (_group, _files) = (group, new SpillFile?[group.Size]);
        try
        {
            var own = _files[group.Rank] = SpillFile.Shared(folder);
            // As they are in memory: a path may have what no encoding has.
            var names = group.Gather([.. MemoryMarshal.AsBytes(own.FullName.AsSpan())], "the names of the files for decoded images");
            for (var rank = 0; rank < names.Length; rank++)
                _files[rank] ??= SpillFile.Join(MemoryMarshal.Cast<byte, char>(names[rank]).ToString());
            group.Gather([], "word that the files for decoded images are open");
            own.DropName();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file of a rank.</summary>
    public SpillFile this[int rank] => _files[rank]!;

    /// <summary>Writes an image to this process's file.</summary>
    public StoredImage Append(RgbImage image) => StoredImage.In(this[_group.Rank], image);

    public void Dispose()
    {
        foreach (var file in _files)
            file?.Dispose();
    }
}
