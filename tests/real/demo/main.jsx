// A page with a spinning cube: small, but it draws in all of three and react-dom.
import React, { useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import * as THREE from 'three';

function Cube({ size = 1, colour = 0x2a9d8f }) {
  const place = useRef(null);

  useEffect(() => {
    const scene = new THREE.Scene();
    const camera = new THREE.PerspectiveCamera(60, 16 / 9, 0.1, 100);
    camera.position.z = 4;
    const cube = new THREE.Mesh(
      new THREE.BoxGeometry(size, size, size),
      new THREE.MeshStandardMaterial({ color: colour }),
    );
    scene.add(cube, new THREE.HemisphereLight(0xffffff, 0x444444, 3));
    const renderer = new THREE.WebGLRenderer({ antialias: true });
    place.current.append(renderer.domElement);
    renderer.setAnimationLoop((time) => {
      cube.rotation.set(time / 2000, time / 1000, 0);
      renderer.render(scene, camera);
    });
    return () => renderer.dispose();
  }, [size, colour]);

  return <figure ref={place}><figcaption>three {THREE.REVISION}, react {React.version}</figcaption></figure>;
}

createRoot(document.body).render(<Cube size={1.5} />);
