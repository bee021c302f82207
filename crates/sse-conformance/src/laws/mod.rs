//! What holds for any bytes: the bodies of the fuzz targets.
